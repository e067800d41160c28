type Waiting<T> = { item: T; resolve: () => void; reject: (error: unknown) => void };

/**
 * Makes items durable in groups: those that come while one group is on its way share the next, so that one flush of the disk
 * serves them all. Items go into one group as long as their sizes together are within `most`; the first one always does.
 */
export class GroupCommit<T> {
  private readonly commit: (items: readonly T[]) => Promise<void>;
  private readonly sizeOf: (item: T) => number;
  private readonly most: number;
  private waiting: Waiting<T>[] = [];
  private running: Promise<void> | undefined;

  constructor(commit: (items: readonly T[]) => Promise<void>, sizeOf: (item: T) => number = () => 0, most = Infinity) {
    this.commit = commit;
    this.sizeOf = sizeOf;
    this.most = most;
  }

  /** Resolves when the item is durable; rejects with the fault of its group. */
  add(item: T): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.waiting.push({ item, resolve, reject }));
    this.running ??= this.run();
    return done;
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  get isIdle(): boolean {
    return this.running === undefined;
  }

  private async run(): Promise<void> {
    // whatever comes in the same turn of the event loop goes along
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.commit(group.map(({ item }) => item));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = undefined;
  }

  private takeGroup(): Waiting<T>[] {
    let count = 0;
    let size = 0;
    for (const { item } of this.waiting) {
      size += this.sizeOf(item);
      if (count > 0 && size > this.most) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }
}
