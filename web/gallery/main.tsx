import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { spoken } from '../src/shared/theme/interface'
import { Gallery } from './gallery'
import './gallery.css'

const place = document.getElementById('root')
if (!place) throw new Error('index.html has no place for the gallery')
await spoken
createRoot(place).render(
  <StrictMode>
    <Gallery />
  </StrictMode>,
)
