"""What a request's metrics and spans cost beside the instruments and samplers of OpenTelemetry's SDK."""
