"""config: the truth about tenants, keys, providers, models and prices; publishes every change."""
