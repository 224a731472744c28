/* How much the times of requests can tell the world: see capacity.h. */
#include "policy/tool/capacity.h"

#include "netbroker/ledger_client.h"

#include <math.h>

double capacity_of_times(unsigned requests_per_hour)
{
    const unsigned ticks = 3600 * 1000 / LEDGER_TICK_MS;
    double choices = 0, sum = 0; /* the logarithms of C(ticks, k), and of all up to it */

    for (unsigned k = 1; k <= requests_per_hour && k <= ticks; k++) {
        choices += log2(ticks - k + 1) - log2(k);
        sum += log2(1 + exp2(choices - sum));
    }
    return sum;
}
