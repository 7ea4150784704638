"""The shop's files, read into rows: opened by content, recognised, mapped, then checked row by row.

`opening` → (`text_file`, `spreadsheet`) rows as they stand → `columns` which field stands where → `recognition` of
decimals and dates → `sale_rows` or `customer_rows`: values for the database, and rejects.
"""
