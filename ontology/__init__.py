"""What the words mean: OWL modules, concept schemes, SHACL shapes, and the only code that knows IRIs."""
