"""Facts that the services tell each other and the world: models, topics, and their form on the wire."""
