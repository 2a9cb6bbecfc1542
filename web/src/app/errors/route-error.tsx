import { Link, useRouteError } from 'react-router'
import { useText } from '../../shared/i18n/text'
import { Button, buttonClass } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'

/** A page that broke. The rest of the app, and everything stored, is as it was. */
export function RouteError() {
  const t = useText()
  const error = useRouteError()
  return (
    <Page title={t('app.broken')} lead={t('app.brokenLead')}>
      <p role="alert" className="mb-6 break-words font-mono text-small text-soft">
        {error instanceof Error ? error.message : String(error)}
      </p>
      <div className="flex gap-2">
        <Button look="primary" onClick={() => location.reload()}>
          {t('app.loadAgain')}
        </Button>
        <Link to="/new" className={buttonClass('quiet')}>
          {t('app.startElsewhere')}
        </Link>
      </div>
    </Page>
  )
}

export function NotFound() {
  const t = useText()
  return (
    <Page title={t('app.notFound')} lead={t('app.notFoundLead')}>
      <Link to="/new" className={buttonClass('primary')}>
        {t('app.talk')}
      </Link>
    </Page>
  )
}
