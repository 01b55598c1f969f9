"""What is published: the deployment record in the forces' own columns, its checks, totals, charts and pages.

Uses assurance for intervals, policy and sealing; never imports node, records or hub, and holds no personal data."""
