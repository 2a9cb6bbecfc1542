const SIDE_PX = 160
const QUALITY = 0.85

/**
 * The middle of a picture, small enough to be kept with its row, as a `data:` URL.
 *
 * @throws {Error} when the browser cannot read the file as a picture.
 */
export async function smallPicture(file: File): Promise<string> {
  const picture = await createImageBitmap(file)
  const side = Math.min(picture.width, picture.height)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE_PX
  canvas
    .getContext('2d')
    ?.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, SIDE_PX, SIDE_PX)
  picture.close()
  return canvas.toDataURL('image/jpeg', QUALITY)
}
