/* NIQE's coefficients are those of BRISQUE but near the border of the cropped image, where it
 * replicates the border and BRISQUE has zeros or the pixels beyond the crop. So a few rows at a
 * time are filled for BRISQUE and added up by columns of patches; then the border is filled for
 * NIQE, and the patches that it touches are added up anew. In both the field is circular: row -1
 * of the image is its last one, row -1 of a patch that patch's last one. */
#include "natural.h"

#include <string.h>

enum {
    MARGIN = 64,  /* numbers beside a row, all zero */
    BORDER = 5,   /* rows and columns at the end that can differ: 3 for the window, 2 for halving */
};

struct walk {
    struct natural *work;
    const struct scale *scale;
    const struct window *window;
    ptrdiff_t row; /* the first in the field */
    int rows;      /* in the field */
    int zeros;     /* in the field or in the row above it */
    int last_zeros; /* in the field before this one */
};

static void carve_field(struct field *field, struct arena *arena, ptrdiff_t width, ptrdiff_t rows)
{
    field->pitch = round_up(width, 16) + 2 * MARGIN;
    const size_t n = (size_t)(field->pitch * rows);
    float *values = carve(arena, n * sizeof(float));
    uint8_t *signs = carve(arena, n);
    if (!values)
        return;
    memset(values, 0, n * sizeof(float));
    memset(signs, NONE, n);
    field->values = values + MARGIN;
    field->signs = signs + MARGIN;
}

void natural_carve(struct natural *work, struct arena *arena, ptrdiff_t width, ptrdiff_t patch)
{
    carve_field(&work->field, arena, width, TILE_ROWS);
    carve_field(&work->above_image, arena, width, 1);
    carve_field(&work->above_patches, arena, width, 1);
    work->columns = carve(arena, (size_t)((width + patch - 1) / patch) * sizeof *work->columns);
}

static struct field part_of(const struct field *field, ptrdiff_t row, ptrdiff_t column)
{
    const ptrdiff_t offset = row * field->pitch + column;
    return (struct field){field->values + offset, field->signs + offset, field->pitch};
}

/* Fill rows and the columns before `columns` of a field, tile by tile. */
static int fill_rows(const struct picture *picture, enum border border,
                     const struct window *window, ptrdiff_t row, ptrdiff_t rows,
                     ptrdiff_t columns, const struct field *to)
{
    int zeros = 0;
    for (ptrdiff_t column = 0; column < columns; column += TILE)
        zeros += mscn_tile(picture, border, window, row, rows, column,
                           smaller(TILE, columns - column), part_of(to, 0, column));
    return zeros;
}

static void copy_row(const struct field *from, ptrdiff_t row, const struct field *to,
                     ptrdiff_t width)
{
    const struct field source = part_of(from, row, 0);
    memcpy(to->values, source.values, (size_t)width * sizeof(float));
    memcpy(to->signs, source.signs, (size_t)width);
}

static struct view view_of(const struct natural *work, const struct field *above)
{
    struct view view = {{above->values}, {above->signs}};
    for (int r = 0; r < TILE_ROWS; r++) {
        view.values[r + 1] = work->field.values + r * work->field.pitch;
        view.signs[r + 1] = work->field.signs + r * work->field.pitch;
    }
    return view;
}

static int starts_patches(const struct walk *walk) { return walk->row % walk->scale->patch == 0; }

/* The rows of the field in one column of patches; beside it lies the image's end or a zero. */
static struct part column_of(const struct walk *walk, ptrdiff_t index, ptrdiff_t width)
{
    const ptrdiff_t side = walk->scale->patch, column = index * side;
    const ptrdiff_t columns = smaller(side, width - column);
    const int at_end = index == 0 || column + side >= width;
    return (struct part){0, walk->rows, column, round_up(columns, 16), walk->zeros || at_end};
}

/* The first row where the pairs with the row above are the same for image and patches. */
static void add_column(struct sums *sums, const struct view *view, struct part part, int first)
{
    add_beside(sums, view, part);
    part.first = first;
    add_above(sums, view, part);
}

static void add_to_image(const struct walk *walk, struct sums *image)
{
    const struct natural *work = walk->work;
    const ptrdiff_t width = walk->scale->whole.width, side = walk->scale->patch;
    const struct view view = view_of(work, &work->above_image);
    const int first = starts_patches(walk);
    for (ptrdiff_t i = 0; i * side < width; i++) {
        struct part part = column_of(walk, i, width);
        work->columns[i] = (struct sums){0};
        add_column(&work->columns[i], &view, part, first);
        add_sums(image, &work->columns[i]);
        part.last = first;
        add_above(image, &view, part);
    }
    make_circular(image, &view, 0, width, walk->rows);
}

/* A whole row as NIQE has it, anywhere in the body. */
static int fill_body_row(const struct walk *walk, ptrdiff_t row, const struct field *to)
{
    const struct scale *scale = walk->scale;
    const ptrdiff_t width = scale->body.width, edge = scale->edge.width;
    int zeros = fill_rows(&scale->body, REPLICATE, walk->window, row, 1, width, to);
    return zeros + mscn_tile(&scale->edge, REPLICATE, walk->window, row, 1, edge - BORDER, BORDER,
                             part_of(to, 0, width - BORDER));
}

/* Replace what NIQE has otherwise than BRISQUE. */
static int fill_border(const struct walk *walk)
{
    const struct scale *scale = walk->scale;
    const struct field *field = &walk->work->field;
    const ptrdiff_t width = scale->body.width, edge = scale->edge.width, row = walk->row;
    int zeros = 0;
    for (ptrdiff_t r = 0; r < walk->rows; r++)
        if (row + r < RADIUS || row + r >= scale->body.height - BORDER) {
            const struct field to = part_of(field, r, 0);
            zeros += fill_body_row(walk, row + r, &to);
        }
    zeros += mscn_tile(&scale->body, REPLICATE, walk->window, row, walk->rows, 0, RADIUS, *field);
    return zeros + mscn_tile(&scale->edge, REPLICATE, walk->window, row, walk->rows,
                             edge - BORDER, BORDER, part_of(field, 0, width - BORDER));
}

static void add_to_patches(const struct walk *walk, struct sums *patches)
{
    const struct natural *work = walk->work;
    const struct scale *scale = walk->scale;
    const ptrdiff_t side = scale->patch, count = scale->body.width / side;
    const struct view view = view_of(work, &work->above_patches);
    const int first = starts_patches(walk), on_border =
        walk->row < RADIUS || walk->row + walk->rows > scale->body.height - BORDER;
    for (ptrdiff_t i = 0; i < count; i++) {
        struct part part = column_of(walk, i, scale->body.width);
        if (on_border || i == 0 || i == count - 1)
            add_column(&patches[i], &view, part, first);
        else
            add_sums(&patches[i], &work->columns[i]);
        part.last = first;
        add_above(&patches[i], &view, part);
        make_circular(&patches[i], &view, part.column, side, walk->rows);
    }
}

static void walk_patches(struct walk *walk, struct sums *patches)
{
    struct natural *work = walk->work;
    const struct scale *scale = walk->scale;
    const ptrdiff_t side = scale->patch, width = scale->body.width;
    if (starts_patches(walk))
        walk->zeros += fill_body_row(walk, walk->row + side - 1, &work->above_patches);
    walk->zeros += fill_border(walk);
    add_to_patches(walk, patches + walk->row / side * (width / side));
    copy_row(&work->field, walk->rows - 1, &work->above_patches, width);
}

static void walk_rows(struct walk *walk, struct sums *image, struct sums *patches)
{
    struct natural *work = walk->work;
    const struct scale *scale = walk->scale;
    const int zeros = fill_rows(&scale->whole, ZERO, walk->window, walk->row, walk->rows,
                                scale->whole.width, &work->field);
    walk->zeros = zeros + walk->last_zeros;
    add_to_image(walk, image);
    copy_row(&work->field, walk->rows - 1, &work->above_image, scale->whole.width);
    if (walk->row < scale->body.height)
        walk_patches(walk, patches);
    walk->last_zeros = walk->zeros;
}

void natural_sums(struct natural *work, const struct scale *scale, const struct window *window,
                  struct sums *image, struct sums *patches)
{
    const ptrdiff_t height = scale->whole.height, width = scale->whole.width;
    struct walk walk = {.work = work, .scale = scale, .window = window};
    walk.last_zeros =
        fill_rows(&scale->whole, ZERO, window, height - 1, 1, width, &work->above_image);
    for (; walk.row < height; walk.row += TILE_ROWS) {
        walk.rows = (int)smaller(TILE_ROWS, height - walk.row);
        walk_rows(&walk, image, patches);
    }
}
