"""Where facts live: snapshots, query workers, the in-memory store; knows no alliance."""
