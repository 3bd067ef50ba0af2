"""Vertex AI: Gemini's generateContent at addresses, and with credentials, of Google Cloud's."""
