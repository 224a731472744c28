/* The bits in the times of requests: beside exact sums, and bounds. */
#include "policy/tool/capacity.h"

#include "tap.h"

#include <math.h>

static void expect(unsigned requests, double bits)
{
    const double found = capacity_of_times(requests);

    ok(fabs(found - bits) < 0.001, "%u requests an hour tell %.3f bits (%.3f)", requests, bits,
       found);
}

int main(void)
{
    bool grows = true, less_than_all = true;

    expect(0, 0);
    expect(1, 18.457641); /* log2(1 + 360000) */
    expect(2, 35.915279); /* log2(1 + 360000 + 360000 * 359999 / 2) */
    expect(3, 52.787950);
    expect(26, 391.515420);
    expect(360000, 360000); /* each tick may be used or not */
    for (unsigned r = 1; r < 5000; r++) {
        grows &= capacity_of_times(r) > capacity_of_times(r - 1);
        less_than_all &= capacity_of_times(r) < r * log2(360001) + 1e-9;
    }
    ok(grows, "more requests tell more");
    ok(less_than_all, "but less than as many that each have an hour of their own");
    return done();
}
