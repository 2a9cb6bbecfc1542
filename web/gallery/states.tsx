import { NotFound } from '../src/app/errors/route-error'
import { Loading } from '../src/app/shell/loading'
import { Problem } from '../src/shared/api/problem'
import { RawRow, Region } from '../src/shared/ui/boundary'
import { Button } from '../src/shared/ui/button'
import { Empty, Failure, Skeleton } from '../src/shared/ui/states'
import { Exhibit, Room } from './exhibit'

const REFUSED = new Problem({
  type: 'about:blank',
  title: 'The database is busy',
  detail: 'The database is busy. Nothing is lost; try again in a moment.',
  status: 503,
  code: 'busy',
  request_id: '0191f0c2-7e1d-7b3a-9a51-3f5d6f2a1c44',
  retryable: true,
})

export function States() {
  return (
    <Room name="Loading, empty, failed">
      <Exhibit of="Skeleton">
        <Skeleton lines={5} className="max-w-xl" />
      </Exhibit>
      <Exhibit of="Loading">
        <Loading />
      </Exhibit>
      <Exhibit of="Empty">
        <Empty action={<Button look="primary">Begin one</Button>}>There are no chats yet.</Empty>
      </Exhibit>
      <Exhibit of="Failure, with the number of its request">
        <Failure error={REFUSED} what="The chats could not be read" onRetry={() => undefined} />
      </Exhibit>
      <Exhibit of="Failure, with nothing to do about it">
        <Failure error={new Error('The answer cannot be read.')} what="The model could not be tested" />
      </Exhibit>
      <Exhibit of="Region, broken">
        <Region name="The list of chats">
          <Broken />
        </Region>
      </Exhibit>
      <Exhibit of="RawRow, broken">
        <RawRow text={'“The lamp turns,” *she says*.\n\nAs it is stored.'}>
          <Broken />
        </RawRow>
      </Exhibit>
      <Exhibit of="NotFound">
        <div className="h-80 border border-line">
          <NotFound />
        </div>
      </Exhibit>
    </Room>
  )
}

/** What every boundary has to hold back. */
export const FAULT = 'broken on purpose'

function Broken(): never {
  throw new Error(FAULT)
}
