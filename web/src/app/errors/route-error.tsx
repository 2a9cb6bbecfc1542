import { Link, useRouteError } from 'react-router'
import { Button, buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'

/** A page that broke. The rest of the app, and everything stored, is as it was. */
export function RouteError() {
  const error = useRouteError()
  return (
    <Page title="This page could not be shown" lead="Your chats are safe: they are stored on the server.">
      <p role="alert" className="mb-6 break-words font-mono text-small text-soft">
        {error instanceof Error ? error.message : String(error)}
      </p>
      <div className="flex gap-2">
        <Button look="primary" onClick={() => location.reload()}>
          Load it again
        </Button>
        <Link to="/new" className={buttonClass('quiet')}>
          Start elsewhere
        </Link>
      </div>
    </Page>
  )
}

export function NotFound() {
  return (
    <Page title="Nothing lives here" lead="The address leads to no page.">
      <Link to="/new" className={buttonClass('primary')}>
        Talk to somebody
      </Link>
    </Page>
  )
}
