"""The reconciliation service: names from a table become organisations of the graph.

Version 0.2 of the Reconciliation Service API of the W3C's Entity Reconciliation Community Group, and the
draft of version 1.0 beside it, answer from the same reading of a query (`wanted`) and the same answers.
"""
