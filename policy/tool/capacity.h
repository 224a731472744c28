/* How much the times of requests can tell the world. */
#ifndef SPARKLER_CAPACITY_H
#define SPARKLER_CAPACITY_H

/*
 * Bits that a port can tell in an hour by when it is asked, on the broker's grid in time
 * (LEDGER_TICK_MS): the logarithm to the base 2 of the number of ways to choose the ticks of at
 * most so many requests, which is C(360000, 0) + ... + C(360000, requests). What all ports tell is
 * the sum, and what an argument tells comes on top.
 */
double capacity_of_times(unsigned requests_per_hour);

#endif
