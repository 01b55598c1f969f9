"""No kind of data that is kept is forgotten by retention."""

from openlfr.policy.retention import DataClass, packaged_retention_policy
from openlfr.records.hub_records import HubRecords
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import PurgePlan, Retention
from openlfr.records.tables import Table

NOT_IN_THE_DATABASE = {DataClass.NO_MATCH, DataClass.CCTV}
ONLY_EVER_ADDED_TO = {DataClass.AUDIT_LOG}


def test_every_kind_of_data_in_the_database_is_purged_when_its_time_comes() -> None:
    assert {each.data_class for each in PURGEABLES} == set(DataClass) - NOT_IN_THE_DATABASE - ONLY_EVER_ADDED_TO


def test_every_table_that_is_scrubbed_is_one_of_ours() -> None:
    assert {table for each in PURGEABLES for table in each.tables} <= Table.metadata.tables.keys()


def test_nothing_is_due_in_new_records_and_all_kinds_can_be_asked(records: HubRecords) -> None:
    retention = Retention(records, packaged_retention_policy(), PURGEABLES)
    assert retention.plan() == PurgePlan((), (), ())
    assert retention.overdue() == ()
