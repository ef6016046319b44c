"""How questions are asked: named queries, safe binding, and the network measures."""
