#!/usr/bin/python3
"""What openpyxl, a reader that is not ours, sees in an XLSX file: a line a
sheet and a line a cell that holds something."""
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
for sheet in book:
    print(f"sheet {sheet.title} {sheet.sheet_state} freeze={sheet.freeze_panes}")
    for v in sheet.data_validations.dataValidation:
        print(f"choices {v.sqref} {v.formula1} {v.errorStyle}")
    if len(sys.argv) > 2 and sheet.max_row > int(sys.argv[2]):
        print(f"rows {sheet.max_row}")
        continue
    for row in sheet.iter_rows():
        for c in row:
            if c.value is None and not c.fill.fgColor.rgb.startswith("FFFF"):
                continue
            fill = c.fill.fgColor.rgb if c.fill.fill_type else "-"
            value = str(c.value).replace("\n", "\\n")
            print(f"{c.coordinate} {c.data_type} {c.number_format} {fill} {value}")
