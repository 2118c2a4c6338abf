// Pictures: drawn anew on a canvas, so that place, device and time that a camera writes into the
// file stay behind, and small enough for a thin network.

const LONGEST = 1280; // pixels
const QUALITY = 0.72;

function readAs(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

async function drawable(file) {
  if (self.createImageBitmap) {
    try {
      return await createImageBitmap(file);
    } catch {
      // some cannot read what an <img> can
    }
  }
  const image = new Image();
  image.src = await readAs(file);
  await image.decode();
  return image;
}

function encoded(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}

// Resolves to {media_type, content in base64, kb}.
export async function smallPicture(file) {
  const image = await drawable(file);
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await encoded(canvas);
  const text = await readAs(blob);
  return { media_type: "image/jpeg", content: text.slice(text.indexOf(",") + 1), kb: Math.ceil(blob.size / 1024) };
}
