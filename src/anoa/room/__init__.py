"""The situation room: the only place that knows Django, the clock, the network and the database."""
