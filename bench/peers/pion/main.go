// Command sender is a WebRTC sender on pion: what another process encodes goes to every viewer that offers.
//
// Offers come as JSON lines on stdin, answers leave on stdout. The pictures' encoder is the command given as
// arguments; its stdout is a float64 (milliseconds of the monotonic clock at RTP time 0), then units, each a uint32 of
// length, a uint32 of RTP time and that much H.264 in Annex B form, all little-endian. A byte on its stdin asks for a keyframe.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"os"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

const h264Fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

type message struct {
	Type       string  `json:"type"`
	Viewer     int     `json:"viewer"`
	SDP        string  `json:"sdp,omitempty"`
	RTPEpochMs float64 `json:"rtpEpochMs,omitempty"`
}

var saying sync.Mutex

func say(m message) {
	saying.Lock()
	defer saying.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(m); err != nil {
		os.Exit(1)
	}
}

func main() {
	zeroPlayout := flag.Bool("zero-playout", false, "ask viewers for a playout delay of zero")
	flag.Parse()
	track, err := webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: h264Fmtp}, "video", "camera")
	if err != nil {
		log.Fatal(err)
	}
	api, err := newAPI(*zeroPlayout)
	if err != nil {
		log.Fatal(err)
	}
	encoder, err := startEncoder(flag.Args(), track)
	if err != nil {
		log.Fatal(err)
	}
	say(message{Type: "ready", RTPEpochMs: encoder.rtpEpochMs})

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var offer message
		if err := json.Unmarshal(lines.Bytes(), &offer); err != nil || offer.Type != "offer" {
			log.Fatalf("no offer: %s", lines.Text())
		}
		go func() {
			sdp, err := answer(api, offer, track, encoder.requestKeyframe)
			if err != nil {
				log.Fatal(err)
			}
			say(message{Type: "answer", Viewer: offer.Viewer, SDP: sdp})
		}()
	}
	encoder.stop()
}

func newAPI(zeroPlayout bool) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		return nil, err
	}
	// Of the sending kind, which the defaults leave out: without it viewers cannot tell how packets arrive.
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(media, registry); err != nil {
		return nil, err
	}
	if zeroPlayout {
		if err := registerPlayoutDelay(media, registry); err != nil {
			return nil, err
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry)), nil
}

func answer(api *webrtc.API, offer message, track webrtc.TrackLocal, requestKeyframe func()) (string, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		return "", err
	}
	go obeyRequests(sender, requestKeyframe)
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			requestKeyframe()
			say(message{Type: "connected", Viewer: offer.Viewer})
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateDisconnected:
			_ = pc.Close()
		}
	})
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.SDP}); err != nil {
		return "", err
	}
	description, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(description); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// obeyRequests reads RTCP, which the interceptors need too, and has lost pictures mended.
func obeyRequests(sender *webrtc.RTPSender, requestKeyframe func()) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			if _, ok := packet.(*rtcp.PictureLossIndication); ok {
				requestKeyframe()
			}
		}
	}
}
