/**
 * Rate of events per second, the last `tau` ms counting most: each event weighs 1/tau at its moment and decays with
 * e^(-t/tau), which is the exponentially weighted moving average of events that come when they like
 * (Wikipedia, "Moving average", application to measuring computer performance). Divided by 1 - e^(-age/tau), the
 * weight that a steady rate has gathered so far: the first seconds are no underestimate. Exact at each look, no timer.
 */
export class Ewma {
  readonly #tau: number;
  readonly #begun: number;
  #sum = 0;
  #at: number;

  /** `tau`, `now`: ms. */
  constructor(tau: number, now: number) {
    this.#tau = tau;
    this.#begun = now;
    this.#at = now;
  }

  add(n: number, now: number): void {
    this.#decay(now);
    this.#sum += n;
  }

  /** Events per second. */
  rate(now: number): number {
    this.#decay(now);
    // Before a second has passed, what came is taken as what comes in one.
    const seen = 1 - Math.exp(-Math.max(now - this.#begun, 1000) / this.#tau);
    return (this.#sum / this.#tau) * 1000 / seen;
  }

  #decay(now: number): void {
    this.#sum *= Math.exp(-(now - this.#at) / this.#tau);
    this.#at = now;
  }
}
