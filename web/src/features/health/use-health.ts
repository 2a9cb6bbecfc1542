import { useQuery } from '@tanstack/react-query'
import { getHealth } from '../../shared/api/health'

const LOOK_AGAIN_MS = 3_000

/** How things are, looked at again every few seconds while somebody sees it. */
export function useHealth() {
  return useQuery({
    queryKey: ['health'],
    queryFn: getHealth,
    refetchInterval: LOOK_AGAIN_MS,
    // The next look is soon enough; waiting for repetitions would show an old state as the present one.
    retry: false,
  })
}
