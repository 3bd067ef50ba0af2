"""The real parts that tests run against: Apache Kafka, PostgreSQL, Redis, an OTLP receiver, a webhook sink."""
