"""What goes over the wire, as pydantic models: requests are checked by them, and OpenAPI is made of them.

Answers are read off the values of `policy` and `records` by the names of their attributes. No rule stands here, and no
module here may import `routers`.
"""
