"""The rules, with no input or output: roles, categories, state machines, authority, retention, jurisdictions.

Pure functions over frozen values; imports nothing else of ours. A rule answers with a value, `Allowed` or `Refusal`."""
