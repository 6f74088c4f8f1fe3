"""One self-contained page that shows a data set, and the same in short for machines.

`document` turns figures into plain data, `sentences` says what stands out, `page` puts data,
template, style and scripts (in ``assets/``) together, `markdown` is the short form, `thumbnails`
makes small pictures. Nothing here reads scores or files of images.
"""
