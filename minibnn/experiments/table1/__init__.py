"""Table 1 and Figure 2 of the paper in miniature: rows, the runs behind them, their results, what these show."""
