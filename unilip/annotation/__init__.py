"""Studies in which people compare pictures side by side: what they vote is kept, and what the votes mean is computed.

The page and the command line use `store.Store`, and through it `judging.Judge` for one annotator and `owner.Owner` for
whoever runs the study.
"""
