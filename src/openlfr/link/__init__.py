"""What node and hub say to each other: signed messages and documents, how a node becomes a hub's, the bus between them
(`nats-server` as a child process, one connection that is kept up), and the node's outbox of sealed alerts.

Decides nothing and keeps no records. Uses policy and sealing; imports no records, hub or node."""
