"""The shop's files, read into rows: opened by content, recognised, mapped, then checked row by row.

`reading` opens: `opening` → (`text_file`, `spreadsheet`) a table as it stands → `columns` which field stands where →
`recognition` of decimals and dates → a `source`. Then `sale_rows` (heads and lines) → `staged_rows`, for large files by
a process `apart`; or `customer_rows`. What cannot be used is one of `problems`. Nothing here knows the database.
"""
