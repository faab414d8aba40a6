/**
 * Opens something, works with it, and releases it, whatever the work comes to.
 * @throws what opening rejects with: then there is nothing to release; what the work rejects with
 */
export async function withResource<Resource, Result>(
  opening: Promise<Resource>,
  release: (resource: Resource) => void,
  work: (resource: Resource) => Promise<Result>,
): Promise<Result> {
  const resource = await opening;
  try {
    return await work(resource);
  } finally {
    release(resource);
  }
}
