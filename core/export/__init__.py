"""What is taken along to a meeting: a report as a value, written as one HTML file or as a workbook."""
