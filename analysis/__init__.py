"""Statistics of relationship surveys with honest uncertainty: scales, partners, ranks.

`assess` computes everything at once; each statistic is also a function of its own. Files are
read by `analysis.reading`, reports drawn by `analysis.report`.
"""

from analysis.aggregation import Aggregation, aggregation, raters_needed
from analysis.alpha import alpha, standard_error_of_measurement
from analysis.assessed import Assessment, Source
from analysis.assessment import assess
from analysis.cfa import cfa
from analysis.cfa_result import Cfa
from analysis.change import Trend, change, trend
from analysis.common_method import CommonMethod, common_method
from analysis.comparisons import Comparison, compare
from analysis.composite import Composite, composite
from analysis.control_chart import ControlChart, mean_chart, share_chart
from analysis.coorientation import Coorientation, coorientation
from analysis.crossed import crossed
from analysis.crossed_result import Crossed
from analysis.diagnostics import Diagnostics, Finding, check
from analysis.disclosure import protect
from analysis.dyads import Apim, apim, dyad_icc
from analysis.errors import AnalysisError, RefusedData, UnreadableFile
from analysis.estimate import Estimate
from analysis.hierarchical import HierarchicalOmega, omega_hierarchical
from analysis.htmt import Matrix, htmt
from analysis.icc import icc
from analysis.importance import importance
from analysis.importance_result import Importance
from analysis.invariance import invariance
from analysis.items import InterItem, ItemTable, interitem, item_stats
from analysis.ladder import Ladder
from analysis.linked_change import LinkedChange, linked_change
from analysis.longitudinal import longitudinal_invariance
from analysis.moments import Moments
from analysis.omega import omega
from analysis.ordinal import ordinal_alpha
from analysis.partial import Partial
from analysis.partner_assessment import PartnerAssessment
from analysis.partners import PartnerScore, PartnerTable, partner_scores
from analysis.planning import Plan, plan
from analysis.polychoric import Polychoric, polychoric
from analysis.quality import quality
from analysis.quality_result import Quality, Rules
from analysis.rank_sets import RankSets, rank_sets
from analysis.ranks import Ranks, rank_intervals
from analysis.response_surface import ResponseSurface, response_surface
from analysis.scale import Scale
from analysis.scale_assessment import ScaleAssessment
from analysis.scales_file import ScalesFile, read_scales
from analysis.scoring import Scores, score
from analysis.simulation import Design, Simulated, simulate
from analysis.splits import SplitHalf, split_half
from analysis.stability import ReliableChange, Retest, reliable_change, retest
from analysis.tie_bands import TieBand, comparison_bars, tie_bands
from analysis.two_level import TwoLevelOmega, two_level_omega
from analysis.version import __version__
from analysis.weights import WeightSensitivity, weight_sensitivity

__all__ = [
    "Aggregation",
    "AnalysisError",
    "Apim",
    "Assessment",
    "Cfa",
    "CommonMethod",
    "Comparison",
    "Composite",
    "ControlChart",
    "Coorientation",
    "Crossed",
    "Design",
    "Diagnostics",
    "Estimate",
    "Finding",
    "HierarchicalOmega",
    "Importance",
    "InterItem",
    "ItemTable",
    "Ladder",
    "LinkedChange",
    "Matrix",
    "Moments",
    "Partial",
    "PartnerAssessment",
    "PartnerScore",
    "PartnerTable",
    "Plan",
    "Polychoric",
    "Quality",
    "RankSets",
    "Ranks",
    "RefusedData",
    "ReliableChange",
    "ResponseSurface",
    "Retest",
    "Rules",
    "Scale",
    "ScaleAssessment",
    "ScalesFile",
    "Scores",
    "Simulated",
    "Source",
    "SplitHalf",
    "TieBand",
    "Trend",
    "TwoLevelOmega",
    "UnreadableFile",
    "WeightSensitivity",
    "__version__",
    "aggregation",
    "alpha",
    "apim",
    "assess",
    "cfa",
    "change",
    "check",
    "common_method",
    "compare",
    "comparison_bars",
    "composite",
    "coorientation",
    "crossed",
    "dyad_icc",
    "htmt",
    "icc",
    "importance",
    "interitem",
    "invariance",
    "item_stats",
    "linked_change",
    "longitudinal_invariance",
    "mean_chart",
    "omega",
    "omega_hierarchical",
    "ordinal_alpha",
    "partner_scores",
    "plan",
    "polychoric",
    "protect",
    "quality",
    "rank_intervals",
    "rank_sets",
    "raters_needed",
    "read_scales",
    "reliable_change",
    "response_surface",
    "retest",
    "score",
    "share_chart",
    "simulate",
    "split_half",
    "standard_error_of_measurement",
    "tie_bands",
    "trend",
    "two_level_omega",
    "weight_sensitivity",
]
