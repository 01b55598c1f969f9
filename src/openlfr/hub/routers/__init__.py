"""The routes of the API, one module for each kind of record: they read what was asked, ask a service, and answer.

No rule stands here: `policy` decides, `records` acts, and a refusal becomes a problem document (`hub.problems`).
"""
