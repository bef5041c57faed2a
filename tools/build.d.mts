/** Writes the bundle into `outdir`, which is emptied first. */
export function bundle(outdir: string): Promise<void>;
