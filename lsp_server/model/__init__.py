"""The only rooms that talk to a model: one port, three clients, one rule about who may be connected to."""
