"""Risk models: one file per model, all pure. `assess_all` runs them over the facts of a person."""

from kanghu.modules.health.risk.assessment import Assessment as Assessment
from kanghu.modules.health.risk.engine import MODELS as MODELS
from kanghu.modules.health.risk.engine import assess_all as assess_all
from kanghu.modules.health.risk.engine import lacking as lacking
