"""The program for people: the records' services behind one documented API, sign-in, events, and the link to nodes.

It decides nothing: rules are in `policy`, acts in `records`. It must not import `node` or `matching`.
"""
