"""The network of ties: dates, weights, structural holes, communities, bridging partners."""
