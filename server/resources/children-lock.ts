/** The lock under which children of a resource are made and the resource is deleted, so that no child is made between the look for children and their removal. */
export function childrenLock(kind: string, id: string): string {
  return `children ${kind} ${id}`;
}
