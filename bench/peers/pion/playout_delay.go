package main

import (
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

const playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

// playoutDelay puts the extension of that name, least and greatest delay zero, into every packet.
type playoutDelay struct{ interceptor.NoOp }

func (*playoutDelay) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &playoutDelay{}, nil
}

func (*playoutDelay) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	for _, extension := range info.RTPHeaderExtensions {
		if extension.URI != playoutDelayURI {
			continue
		}
		id := uint8(extension.ID)
		return interceptor.RTPWriterFunc(func(header *rtp.Header, payload []byte, attributes interceptor.Attributes) (int, error) {
			if err := header.SetExtension(id, []byte{0, 0, 0}); err != nil {
				return 0, err
			}
			return next.Write(header, payload, attributes)
		})
	}
	return next
}

func registerPlayoutDelay(media *webrtc.MediaEngine, registry *interceptor.Registry) error {
	capability := webrtc.RTPHeaderExtensionCapability{URI: playoutDelayURI}
	if err := media.RegisterHeaderExtension(capability, webrtc.RTPCodecTypeVideo); err != nil {
		return err
	}
	registry.Add(&playoutDelay{})
	return nil
}
