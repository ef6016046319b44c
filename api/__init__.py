"""How people reach it: HTTP, SPARQL protocol, command line, pages."""
