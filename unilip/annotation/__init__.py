"""Studies in which people compare pictures side by side: what they vote is kept, and what the votes mean is computed.

The page and the command line use `store.Store`, and through it `judging.Judge` for one annotator and `owner.Owner` for
whoever runs the study. `running.run` makes the pictures of contestants that are settings of the app,
`statistics.summarize` computes what `Owner.judgements` mean, `plots` and `report.render` show it.
"""
