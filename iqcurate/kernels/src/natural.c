/* NIQE's coefficients are those of BRISQUE but near the border of the cropped image, where it
 * replicates the border and BRISQUE has zeros or the pixels beyond the crop. So a few rows at a
 * time are filled for BRISQUE and added up by columns of patches; then the border is filled for
 * NIQE, and what lies near it is added up anew. In both the field is circular: row -1 of the image
 * is its last one, row -1 of a patch that patch's last one. */
#include "natural.h"

#include <string.h>

enum {
    MARGIN = 64, /* columns beside a row, all zero */
    BOTTOM = 5,  /* rows at the end that can differ: 3 for the window, 2 for halving */
    SIDE = 8,    /* columns on each side, of which as many can differ: whole bytes of bits */
    STRIP = 16,  /* columns on each side that are added up anew: whole vectors */
};

struct walk {
    struct natural *work;
    const struct scale *scale;
    const struct window *window;
    ptrdiff_t row; /* the first in the field */
    int rows;      /* in the field */
};

static void carve_field(struct field *field, struct arena *arena, ptrdiff_t width, ptrdiff_t rows)
{
    field->pitch = round_up(width, 16) + 2 * MARGIN;
    const size_t n = (size_t)(field->pitch * rows);
    float *values = carve(arena, n * sizeof(float));
    uint8_t *negative = carve(arena, n / 8), *nonzero = carve(arena, n / 8);
    if (!values)
        return;
    memset(values, 0, n * sizeof(float));
    memset(negative, 0, n / 8);
    memset(nonzero, 0, n / 8);
    *field = (struct field){values + MARGIN, negative + MARGIN / 8, nonzero + MARGIN / 8,
                            field->pitch};
}

void natural_carve(struct natural *work, struct arena *arena, ptrdiff_t width, ptrdiff_t patch)
{
    carve_field(&work->field, arena, width, TILE_ROWS);
    carve_field(&work->above_image, arena, width, 1);
    carve_field(&work->above_patches, arena, width, 1);
    carve_field(&work->patches_first, arena, width, 1);
    work->columns = carve(arena, (size_t)((width + patch - 1) / patch) * sizeof *work->columns);
}

/* Fill rows and the columns before `columns` of a field, tile by tile. */
static void fill_rows(const struct picture *picture, enum border border,
                      const struct window *window, ptrdiff_t row, ptrdiff_t rows,
                      ptrdiff_t columns, const struct field *to)
{
    for (ptrdiff_t column = 0; column < columns; column += TILE)
        mscn_tile(picture, border, window, row, rows, column, smaller(TILE, columns - column),
                  part_of(to, 0, column));
}

static void copy_row(const struct field *from, ptrdiff_t row, const struct field *to,
                     ptrdiff_t width)
{
    const struct field source = part_of(from, row, 0);
    const size_t bytes = (size_t)(width + 7) / 8;
    memcpy(to->values, source.values, (size_t)width * sizeof(float));
    memcpy(to->negative, source.negative, bytes);
    memcpy(to->nonzero, source.nonzero, bytes);
}

static void set_row(struct view *view, int row, const struct field *field, ptrdiff_t from)
{
    const struct field source = part_of(field, from, 0);
    view->values[row + 1] = source.values;
    view->negative[row + 1] = source.negative;
    view->nonzero[row + 1] = source.nonzero;
}

static struct view view_of(const struct natural *work, const struct field *above)
{
    struct view view;
    set_row(&view, -1, above, 0);
    for (int r = 0; r < TILE_ROWS; r++)
        set_row(&view, r, &work->field, r);
    return view;
}

static int starts_patches(const struct walk *walk) { return walk->row % walk->scale->patch == 0; }

static int ends_patches(const struct walk *walk)
{
    return (walk->row + walk->rows) % walk->scale->patch == 0;
}

/* The columns of a column of patches that are the same for image and patches, from the first one
 * to the one after the last, and of all. They do not depend on whether NIQE is wanted, so neither
 * does the order of any sum. */
struct columns {
    ptrdiff_t start, shared_start, shared_end, end;
};

static struct columns columns_of(const struct scale *scale, ptrdiff_t index)
{
    const ptrdiff_t side = scale->patch, start = index * side;
    const ptrdiff_t end = round_up(smaller(start + side, scale->whole.width), 16);
    const int has_left = index == 0 && scale->across > 0, has_right = index == scale->across - 1;
    return (struct columns){start, has_left ? start + STRIP : start,
                            has_right ? end - STRIP : end, end};
}

/* Pairs with the row above are the same for image and patches from row `first` on. */
static void add_part(struct sums *sums, const struct view *view, const struct walk *walk,
                     int first, ptrdiff_t start, ptrdiff_t end)
{
    if (start == end)
        return;
    const struct part part = {0, walk->rows, start, end - start};
    add_beside(sums, view, part);
    add_above(sums, view, (struct part){first, part.last, part.column, part.columns});
}

static void add_to_image(const struct walk *walk, struct sums *image)
{
    const struct natural *work = walk->work;
    const ptrdiff_t width = walk->scale->whole.width;
    const struct view view = view_of(work, &work->above_image);
    const int first = starts_patches(walk);
    for (ptrdiff_t i = 0; i * walk->scale->patch < width; i++) {
        const struct columns at = columns_of(walk->scale, i);
        work->columns[i] = (struct sums){0};
        add_part(&work->columns[i], &view, walk, first, at.shared_start, at.shared_end);
        add_sums(image, &work->columns[i]);
        add_part(image, &view, walk, first, at.start, at.shared_start);
        add_part(image, &view, walk, first, at.shared_end, at.end);
        if (first)
            add_above(image, &view, (struct part){0, first, at.start, at.end - at.start});
    }
    make_circular(image, &view, (struct part){0, walk->rows, 0, width}, 0);
}

/* Rows as NIQE has them, anywhere in the body. */
static void fill_body_rows(const struct walk *walk, ptrdiff_t first, ptrdiff_t rows)
{
    const struct field to = part_of(&walk->work->field, first, 0);
    const struct picture *body = &walk->scale->body;
    fill_rows(body, REPLICATE, walk->window, walk->row + first, rows, body->width, &to);
}

/* Replace what NIQE has otherwise than BRISQUE. */
static void fill_border(const struct walk *walk)
{
    const struct scale *scale = walk->scale;
    const struct field *field = &walk->work->field;
    const ptrdiff_t width = scale->body.width, edge = scale->edge.width, row = walk->row;
    if (row == 0)
        fill_body_rows(walk, 0, RADIUS);
    if (row + walk->rows == scale->body.height)
        fill_body_rows(walk, walk->rows - BOTTOM, BOTTOM);
    mscn_tile(&scale->body, REPLICATE, walk->window, row, walk->rows, 0, SIDE, *field);
    mscn_tile(&scale->edge, REPLICATE, walk->window, row, walk->rows, edge - SIDE, SIDE,
              part_of(field, 0, width - SIDE));
}

/* Row -1 of a patch is its last one, which is now the last in the field. */
static void close_patches(const struct walk *walk, struct sums *patches)
{
    const struct natural *work = walk->work;
    const ptrdiff_t side = walk->scale->patch;
    struct view view;
    set_row(&view, -1, &work->field, walk->rows - 1);
    set_row(&view, 0, &work->patches_first, 0);
    for (ptrdiff_t i = 0; i < walk->scale->across; i++) {
        const struct part part = {0, 1, i * side, side};
        add_above(&patches[i], &view, part);
        make_circular_above(&patches[i], &view, part);
    }
}

static void add_to_patches(const struct walk *walk, struct sums *patches)
{
    const struct natural *work = walk->work;
    const struct scale *scale = walk->scale;
    const struct view view = view_of(work, &work->above_patches);
    const int first = starts_patches(walk), on_border =
        walk->row == 0 || walk->row + walk->rows == scale->body.height;
    for (ptrdiff_t i = 0; i < scale->across; i++) {
        const struct columns at = columns_of(scale, i);
        if (on_border)
            add_part(&patches[i], &view, walk, first, at.shared_start, at.shared_end);
        else
            add_sums(&patches[i], &work->columns[i]);
        add_part(&patches[i], &view, walk, first, at.start, at.shared_start);
        add_part(&patches[i], &view, walk, first, at.shared_end, at.end);
        const struct part all = {0, walk->rows, at.start, scale->patch};
        make_circular(&patches[i], &view, all, first);
    }
}

static void walk_patches(const struct walk *walk, struct sums *patches)
{
    struct natural *work = walk->work;
    const ptrdiff_t width = walk->scale->body.width;
    fill_border(walk);
    if (starts_patches(walk))
        copy_row(&work->field, 0, &work->patches_first, width);
    add_to_patches(walk, patches);
    if (ends_patches(walk))
        close_patches(walk, patches);
    copy_row(&work->field, walk->rows - 1, &work->above_patches, width);
}

static void walk_rows(const struct walk *walk, struct sums *image, struct sums *patches)
{
    struct natural *work = walk->work;
    const struct scale *scale = walk->scale;
    const ptrdiff_t width = scale->whole.width;
    fill_rows(&scale->whole, ZERO, walk->window, walk->row, walk->rows, width, &work->field);
    add_to_image(walk, image);
    copy_row(&work->field, walk->rows - 1, &work->above_image, width);
    if (walk->row < scale->body.height)
        walk_patches(walk, patches + walk->row / scale->patch * scale->across);
}

void natural_sums(struct natural *work, const struct scale *scale, const struct window *window,
                  struct sums *image, struct sums *patches)
{
    const ptrdiff_t height = scale->whole.height, width = scale->whole.width;
    struct walk walk = {.work = work, .scale = scale, .window = window};
    fill_rows(&scale->whole, ZERO, window, height - 1, 1, width, &work->above_image);
    for (; walk.row < height; walk.row += TILE_ROWS) {
        walk.rows = (int)smaller(TILE_ROWS, height - walk.row);
        walk_rows(&walk, image, patches);
    }
}
