"""H1–H5 in one table: what comes in, who handles it, what is said when it could not be stored."""

import msgspec

from kanghu.modules.exchange.service.change_items import change_items
from kanghu.modules.exchange.service.push_guide import push_guide
from kanghu.modules.exchange.service.push_report import push_report
from kanghu.modules.exchange.service.push_results import push_results
from kanghu.modules.exchange.service.query_checklist import query_checklist
from kanghu.modules.exchange.service.receive import Interface
from kanghu.modules.exchange.wire import datasets, envelope

H1 = Interface("H1", msgspec.json.Decoder(datasets.ChecklistQuery), query_checklist, None)
H2 = Interface("H2", msgspec.json.Decoder(datasets.GuidePush), push_guide, envelope.guide_not_saved)
H3 = Interface("H3", msgspec.json.Decoder(datasets.ResultPush), push_results, envelope.results_not_saved)
H4 = Interface("H4", msgspec.json.Decoder(datasets.ReportPush), push_report, envelope.report_not_saved)
H5 = Interface(
    "H5",
    msgspec.json.Decoder(datasets.ItemChangePush),
    change_items,
    lambda _reason: envelope.items_not_saved(),
)

BY_CODE = {interface.code: interface for interface in (H1, H2, H3, H4, H5)}
