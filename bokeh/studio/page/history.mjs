// What can be undone: plain entries, of settings and of strokes alike, without end. It can be stored as JSON.

export class History {
  constructor({ entries = [], done = entries.length } = {}) {
    this.entries = entries;
    this.done = done; // how many of them are in force
  }

  /** Keep an entry; what was undone before it is forgotten. */
  push(entry) {
    this.entries = [...this.entries.slice(0, this.done), entry];
    this.done = this.entries.length;
  }

  /** Return the entry to take back, or null. */
  undo() {
    return this.done > 0 ? this.entries[--this.done] : null;
  }

  /** Return the entry to do again, or null. */
  redo() {
    return this.done < this.entries.length ? this.entries[this.done++] : null;
  }

  get canUndo() {
    return this.done > 0;
  }

  get canRedo() {
    return this.done < this.entries.length;
  }

  toJSON() {
    return { entries: this.entries, done: this.done };
  }
}
