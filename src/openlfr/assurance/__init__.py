"""Accuracy and fairness: exact intervals, open-set error rates, tails of scores, differences between groups.

May use the node's pipeline and what lies below it; never imports records, reporting or hub."""
