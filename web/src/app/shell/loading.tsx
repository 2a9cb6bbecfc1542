import { Skeleton } from '../../shared/ui/states'

/** Before the first page is here. */
export function Loading() {
  return <Skeleton lines={6} className="mx-auto max-w-3xl px-8 pt-28" />
}
