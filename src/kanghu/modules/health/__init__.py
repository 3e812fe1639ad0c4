"""Health: risk assessment, monitoring of results, the personalised exam list and abnormal-result follow-up."""
