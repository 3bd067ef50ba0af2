"""kill -9 of every service again and again under load: nothing is lost, nothing has an effect twice, order is kept."""
